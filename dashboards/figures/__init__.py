"""Each figure of the comparison page: a table in, a Plotly figure out, a module for each kind."""
