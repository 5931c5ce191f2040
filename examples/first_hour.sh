#!/usr/bin/env bash
# The first hour with window-ner: find names, choose what comes out, train on your own names.
# Run it in an empty folder, after: pip install '.[train]'
set -euo pipefail

say() { printf '\n== %s\n' "$*"; }

say "A sentence. The bundled model needs no training."
window-ner predict "Angela Merkel met Tim Cook at Apple in Cupertino."

say "Two files in a folder, each one document; a table for a spreadsheet."
mkdir -p notes
echo "The mayor of Lisbon met Maria Silva on Monday. Silva works for Siemens." > notes/monday.txt
echo "Siemens opened an office in Lisbon." > notes/tuesday.txt
window-ner predict --input notes --output names.csv
cat names.csv

say "Which names are there, and how often?"
window-ner predict --input notes --format summary

say "Only places, and only those that the model is sure of."
window-ner predict --input notes/*.txt --labels LOC --min-score 0.8 --format jsonl

say "Names that you know beforehand: the list wins where it overlaps."
printf 'name,label\nRosalind Cloud,PRODUCT\n' > products.csv
window-ner predict "The Rosalind Cloud is down in Lisbon." --names products.csv --format json

say "A path is not a text."
window-ner predict notes/monday.txt || echo "exit code $?"

say "Your own kinds of names, from CoNLL columns: one token a line, its tag last."
{
    for city in Lisbon Porto Faro Braga Evora Coimbra; do
        printf 'The O\nX200 B-PRODUCT\nsells O\nwell O\nin O\n%s B-CITY\n. O\n\n' "$city"
        printf 'We O\nshipped O\nan O\nX300 B-PRODUCT\nto O\n%s B-CITY\n. O\n\n' "$city"
    done
} > mine.conll
window-ner train --train mine.conll --set epochs=2 --output mine
window-ner predict "The X200 sells well in Porto." --model mine

say "A finished model is not replaced unless you say so."
window-ner train --train mine.conll --output mine || echo "exit code $?"

say "Without --model it is the bundled model again, whatever was trained last."
window-ner predict "Angela Merkel is in Lisbon."
window-ner predict "The X300 is in Faro." --model last

say "How good is it? Scores as conlleval counts them."
window-ner eval mine.conll --model mine --format conlleval
