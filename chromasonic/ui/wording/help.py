"""Words on the Help page."""

TITLE = "When something is wrong"
FOR_ADMINISTRATORS = "On a team's server its administrator looks after this. Please tell them what happened, and when."

DOCTOR = "Is everything well?"
DOCTOR_ABOUT = (
    "Looks at the program, its folder, the database of your searches and the disk, trains a tiny model for practice, "
    "and writes and reads a file of each kind. It takes some seconds and changes nothing."
)
LOOK = "Look now"
LOOKING = "Looking …"
ALL_WELL = "Everything is well."
SOMETHING_WRONG = "Something is not well. What to do stands behind the arrow."

REPORT = "Report a problem"
REPORT_ABOUT = (
    "Puts into one file what somebody needs to help you: the log, the versions, how your searches were set and how "
    "their trials ended. There is no music in it, no titles, no names of searches, files or people, and no passwords. "
    "Nothing is sent: read it through first, then give it to whoever helps you, with a few words on what you did."
)
GATHER = "Put a report together"
GATHERING = "Putting the report together …"
READ = "Read what is in it"
DOWNLOAD = "Download the report"
FILE = "chromasonic-report.zip"
