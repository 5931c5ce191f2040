"""Reads annotated texts in the formats of annotation tools, of spreadsheets and of ``predict``.

To add a format, add a file that makes `AnnotatedText` objects, and a case in ``reading.py``.
"""
