"""`tools/archive`: folders of recordings through `limpid enhance`, over the machines of a Ray cluster."""
