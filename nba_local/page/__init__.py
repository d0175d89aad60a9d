"""The page: a season at a glance, its gaps and their roots, in a browser.

`view`, `detail` and `distributions` make plain values of a data folder; `document` puts them into
one file, `server` answers with them one by one. What a person sees is in `assets/`.
"""
