"""What a person's ears say about the songs of a search. Start reading at `comparisons.py`; no Optuna, no Streamlit.

Two songs at a time are compared (`comparisons.py`), the pair that tells most comes next (`pairs.py`), all answers
together give each song a strength and how sure it is (`strengths.py`), and those are held against the losses
(`agreement.py`) and drawn (`ranking.py`).
"""
