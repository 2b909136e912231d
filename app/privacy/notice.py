"""What everybody is told about personal data, in sentences: the public page and the document are made from these."""

from __future__ import annotations

from app.engine.phrase import Phrase, phrase

RIGHTS: tuple[Phrase, ...] = (
    phrase(
        "Look at all that is kept about you, and take it along, under “my page” (Personal Information Protection "
        "Law, arts. 44, 45)."
    ),
    phrase("Correct your name at the desk, and what you wrote by editing it (art. 46)."),
    phrase(
        "Have your data erased, there or on paper at the desk; you are told beforehand what stays, and until when "
        "(art. 47)."
    ),
    phrase(
        "Take back what you agreed to: show no name, remove your e-mail address, stop reminders. It costs you "
        "nothing (arts. 15, 16)."
    ),
    phrase("See which office looked at your data, and on which day."),
    phrase(
        "Ask at the desk why something is kept, and complain to the authority that protects personal data (arts. "
        "48, 50, 65)."
    ),
)
ERASED: tuple[Phrase, ...] = (
    phrase("Your name, devices, messages, e-mail address and roles’ rings go at once, and nobody can bring them back."),
    phrase(
        "What you wrote stays as “a neighbour who left”, without any way to you or your address; if you ask for "
        "that too, the words go, and a mark stands in their place."
    ),
    phrase("Counts, results and records stay as they are, and can still be checked: what you cast counts."),
    phrase("Your unit stays on the roll: whoever lives there next has its vote."),
    phrase(
        "Copies of the database (backups) still hold it until they expire. When one is restored, what was erased "
        "is erased again."
    ),
)
STAYS: tuple[Phrase, ...] = (
    phrase(
        "Words in texts that were voted on, and the reasons of objections, which a vote is checked against word "
        "for word."
    ),
    phrase("What staff did in their office, by name: whoever decides for others answers for it."),
    phrase("The owners’ register, as long as somebody owns the flat, and rolls of votes by their addresses."),
    phrase("What others saved, printed or photographed: the program doesn’t reach it."),
)
CHILDREN: tuple[Phrase, ...] = (
    phrase("Qiding asks for no date of birth. A household has one vote; it decides who of it signs in."),
    phrase(
        "Data of children under 14 is sensitive, and needs their parents’ consent (arts. 28, 31). Don’t name "
        "children in proposals, photos or minutes; what names one is removed when a parent asks at the desk."
    ),
)
LOGS: tuple[Phrase, ...] = (
    phrase(
        "The server’s log lines hold no name, no code, no choice and no word of anybody; network addresses only "
        "scrambled, to count tries."
    ),
    phrase(
        "Who of the staff looked at whose data stands in a list of its own, which the program can’t change. It is "
        "forgotten only when its time is over, never before six months (Cybersecurity Law, art. 21)."
    ),
    phrase("The public log of a community holds numbers and scrambled fingerprints, no name and no word."),
)
BREACH: tuple[Phrase, ...] = (
    phrase(
        "Stop it: take the server off the net or change the secret; sign everybody out by ending sessions; keep "
        "the logs."
    ),
    phrase(
        "Find out what left, of whom, since when: the access log, the web server’s log, flask audit verify for "
        "what was changed."
    ),
    phrase(
        "Tell the authority that protects personal data, and those concerned, at once: what kinds of data, why, "
        "what may come of it; what was done and what each can do; whom to ask (art. 57)."
    ),
    phrase(
        "Those concerned need not be told where what was done really prevents harm; the authority may order it "
        "all the same (art. 57)."
    ),
    phrase(
        "Print the notice on the boards too: many have no e-mail address here. Write down what happened, and what "
        "is changed so that it doesn’t happen again."
    ),
)
MEMORY = phrase(
    "Articles of law are given from memory and were not compared with the text of the law. Have them checked "
    "before you rely on them."
)
