"""Reading finished runs and laying their results side by side.

    names.py      which datasets and trainers there are, how they are ordered and paired
    protocols.py  base-to-new, few-shot, transfer, test time: runs, folders and scripts
    file.py       reading one results.json; was it a rehearsal?
    runs.py       the folder of a run, and reading all runs under a folder
    logs.py       CoOp's reading of log.txt
    finished.py   is a run finished, and with these options?
    columns.py    one trainer's accuracies, and the difference of two
    table.py      datasets x trainers, averages, what is missing
    summary.py    few-shot results over the number of shots
    published.py  numbers quoted from the papers
    layout.py     a table as cells of text
    notes.py      what a reader of a table has to know
    as_csv.py     the table as CSV
    as_json.py    the table as JSON
    report.py     all of it together

Nothing here needs torch or Dassl, so that a table appears at once.
"""
