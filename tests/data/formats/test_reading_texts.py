"""Texts for a list of names: their annotation is not used."""

from window_ner.data.formats.reading import read_texts


def tags(corpus):
    return [[s.tags for s in d.sentences] for d in corpus.documents]


def test_each_line_of_a_text_file_is_a_document(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("In Rome it rains. In Bonn it snows.\n\nIt rains\n")
    corpus = read_texts(path)
    assert [len(d.sentences) for d in corpus.documents] == [2, 1]
    assert corpus.labels == ()


def test_annotation_is_left_out(tmp_path):
    marked = tmp_path / "marked.txt"
    marked.write_text("In [Rome | LOC] it rains\n")
    columns = tmp_path / "columns.conll"
    columns.write_text("# annotates: LOC\nIn O\nRome B-LOC\n")
    assert tags(read_texts(marked)) == [[("O",) * 4]]
    assert tags(read_texts(columns)) == [[("O", "O")]]
    assert {d.annotated for d in read_texts(columns).documents} == {None}
