"""The parts of the Help page: a look at the health of everything, and a report to hand to whoever helps."""

from __future__ import annotations

import streamlit as st

from chromasonic.languages import sign
from chromasonic.ui import errors, shell
from chromasonic.ui.wording import help as words
from chromasonic.workspace import Workspace

_LONGEST_SHOWN = 20_000  # characters of one file: its end, for more makes the browser slow


@st.fragment  # so that neither of the two takes away what the other has shown
@errors.shown_plainly()
def offer_doctor() -> None:
    """Look at everything when asked, and say each finding as it comes."""
    st.header(words.DOCTOR, anchor=False)
    st.caption(words.DOCTOR_ABOUT)
    if not st.button(words.LOOK, icon=":material/stethoscope:", key="look"):
        return
    shell.wait_for_models()
    from chromasonic.operations.doctor import examine

    is_well = True
    with st.spinner(words.LOOKING):
        for finding in examine():
            is_well &= finding.is_well
            name, told, advice = (errors.told(text) for text in (finding.name, finding.told, finding.advice))
            st.markdown(
                errors.escaped(
                    f"{'✓' if finding.is_well else '✗'} {name}{sign(': ')}{told}{f' → {advice}' if advice else ''}"
                )
            )
    if is_well:
        st.success(words.ALL_WELL, icon=":material/check:")
    else:
        st.warning(words.SOMETHING_WRONG)


@st.fragment
@errors.shown_plainly()
def offer_report() -> None:
    """Put a report together when asked, show what is in it, and offer it for download."""
    st.header(words.REPORT, anchor=False)
    st.caption(words.REPORT_ABOUT)
    if not st.button(words.GATHER, icon=":material/description:", key="gather"):
        return
    shell.wait_for_models()
    from chromasonic.operations.problem_report import as_zip, gather

    with st.spinner(words.GATHERING):
        texts = gather(Workspace.place())
    st.subheader(words.READ, anchor=False)
    for name, text in texts.items():
        with st.expander(name):
            st.code(text[-_LONGEST_SHOWN:], language=None, wrap_lines=True)
    st.download_button(
        words.DOWNLOAD,
        as_zip(texts),
        file_name=words.FILE,
        mime="application/zip",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="download report",
    )
