"""The pages: thin views over published runs. They show; the analysis computes.

asgi, app     the server, and what surrounds each page
sidebar       which run, and the filters
state         what the URL carries
access        who may see how much
cache         everything kept between visits, and the only reader of runs for pages
answers       a report → the sentences and figures that pages say; proposals: the same for the types
busy_help     what busy help comes to; calling: from how many seconds on people call, and what has changed
groups        groups of a run as charts take them, by the rules of the shop floor
components    the pieces that pages are made of
theme         how they look, with ``.streamlit/config.toml``
jobs          loading and analyzing in a process of their own
receiving     uploads on their way to the disk; uploads: there, until they are loaded
mapping_form  how an uploaded file is to be read; changed: what a corrected export changes
loads         what was loaded, and undoing it
views         one page a module
"""
