"""The site's first content: what `manage.py load_content` builds, and from what.

`tree/` holds a TOML file for each page, in folders as the pages are in the tree; `children` names
and orders the pages below. The CSV files hold dated facts with their sources, from which the
publications, the developments' dates and the situations' timelines are made. Another coalition
changes these files, and has its site.

A page is created where nothing is at its place. What is at that place, whatever became of it, is
left as it is.
"""
