"""From a trained model to files: export, sizes, and tables of n-gram weights."""
