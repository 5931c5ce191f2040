import zipfile

import pytest

from window_ner.data.formats.reading import read_corpus
from window_ner.errors import InputError

MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BODY = """
<w:p><w:r><w:t>Take [aspi</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>rin | DRUG]</w:t></w:r>
<w:r><w:tab/><w:t xml:space="preserve">daily. </w:t></w:r>
<w:del><w:r><w:delText>never</w:delText></w:r></w:del></w:p>
<w:p/>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>[Oslo | LOC]</w:t><w:br/><w:t>It rains.</w:t></w:r></w:p>
</w:tc></w:tr></w:tbl>"""


@pytest.fixture
def word_file(tmp_path):
    def write(body, member="word/document.xml"):
        path = tmp_path / "my.docx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            names = f'xmlns:w="{W}" xmlns:mc="{MC}"'
            document = f"<w:document {names}><w:body>{body}</w:body></w:document>"
            archive.writestr(member, document)
        return path

    return write


def test_each_paragraph_of_a_word_file_is_a_text(word_file, names):
    corpus = read_corpus(word_file(BODY))
    assert names(corpus) == [["aspirin/DRUG"], ["Oslo/LOC"], []]
    assert corpus.sentences[0].tokens == ("Take", "aspirin", "daily", ".")


def test_an_error_names_the_paragraph(word_file):
    with pytest.raises(InputError, match=r"my\.docx: paragraph 2: '\[x \|' is not a complete mark"):
        read_corpus(word_file("<w:p/><w:p><w:r><w:t>[x | Y</w:t></w:r></w:p>"))


def test_the_text_of_a_box_within_a_paragraph_is_not_read_twice(word_file, names):
    box = "<w:p><w:r><w:t>[b | X]</w:t></w:r></w:p>"
    body = f"<w:p><w:r><w:t>[a | X]</w:t><w:pict>{box}</w:pict></w:r></w:p>"
    assert names(read_corpus(word_file(body))) == [["a/X"], ["b/X"]]
    both = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    body = f"<w:p><w:r>{both}</mc:AlternateContent><w:t>[a | X]</w:t></w:r></w:p>"
    assert names(read_corpus(word_file(body))) == [["a/X"], ["b/X"]]


def test_text_that_was_moved_is_read_where_it_is_now(word_file):
    oslo = "<w:r><w:t>[Oslo | LOC]</w:t></w:r>"
    body = f"<w:p><w:moveFrom>{oslo}</w:moveFrom><w:r><w:t>in </w:t></w:r>"
    corpus = read_corpus(word_file(f"{body}<w:moveTo>{oslo}</w:moveTo></w:p>"))
    assert corpus.sentences[0].tokens == ("in", "Oslo")


@pytest.mark.parametrize("member", ["xl/workbook.xml", "word/document.xml"])
def test_another_file_is_an_error(word_file, member):
    with pytest.raises(InputError, match=r"my\.docx: is damaged or not a Word file; save it as"):
        read_corpus(word_file("<broken", member))


def test_a_file_that_is_not_zipped_is_an_error(tmp_path):
    path = tmp_path / "my.docx"
    with pytest.raises(InputError, match=r"my\.docx: no such file"):
        read_corpus(path)
    path.write_text("[Oslo | LOC]")
    with pytest.raises(InputError, match=r"my\.docx: is damaged or not a Word file"):
        read_corpus(path)


def test_a_file_that_unpacks_to_very_much_is_refused(word_file, monkeypatch):
    monkeypatch.setattr("window_ner.data.formats.word_files._MOST_BYTES", 100)
    with pytest.raises(InputError, match="is too large"):
        read_corpus(word_file(BODY))
