"""The two HTML files: tables, figures and sentences put into templates."""
