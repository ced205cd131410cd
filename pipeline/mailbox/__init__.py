"""What comes by mail: fetched from a mailbox or a folder of mails, and kept in ``inputs/`` as it came."""
