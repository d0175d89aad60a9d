"""Tasks that run elsewhere: in this process, in processes of this machine, on a Dask cluster."""
