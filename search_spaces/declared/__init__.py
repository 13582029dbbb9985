"""The spaces that come with the project, one small file each."""
