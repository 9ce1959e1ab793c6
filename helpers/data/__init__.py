"""Data sets as Parquet with a manifest: packaged, from the Hub, or a file of the reader's own.

`task_data` prepares and reads them; `classes` knows what their labels mean.
"""
