"""Reading finished runs and laying their results side by side.

    names.py      which datasets and trainers there are, how they are ordered and paired
    runs.py       the folder of a run, and reading all runs under a folder
    logs.py       CoOp's reading of log.txt
    finished.py   is a run finished, and with these options?
    columns.py    one trainer's accuracies, and the difference of two
    table.py      datasets x trainers, averages, what is missing
    published.py  numbers quoted from the papers
    layout.py     a table as cells of text
    report.py     the text, CSV and JSON forms

Nothing here needs torch or Dassl, so that a table appears at once.
"""
