/** The schema, in steps: step n takes the file from user_version n to n + 1. A released step is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE machines (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
    mac      TEXT NOT NULL UNIQUE,
    uuid     TEXT,
    ip       TEXT UNIQUE,
    host     TEXT,
    password TEXT,
    kind     TEXT
  ) STRICT;

  -- machine NULL: the default.
  CREATE TABLE assignments (
    id      INTEGER PRIMARY KEY,
    machine INTEGER REFERENCES machines (id) ON DELETE CASCADE,
    be      TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX assignment_of ON assignments (coalesce(machine, 0));
  CREATE INDEX assignments_by_be ON assignments (be);

  CREATE TABLE shares (
    be        TEXT PRIMARY KEY,
    path      TEXT NOT NULL,
    clients   TEXT NOT NULL,
    maproot   TEXT,
    read_only INTEGER NOT NULL,
    id        INTEGER NOT NULL UNIQUE
  ) STRICT;
  `,
  `
  -- children: JSON, [{"path", "id"}]. handle: hex, the last that was granted.
  -- The constraint of id would not see those of children: the program checks both.
  ALTER TABLE shares ADD COLUMN mount_point INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE shares ADD COLUMN children TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE shares ADD COLUMN handle TEXT;
  CREATE INDEX shares_by_path ON shares (path);
  `,
  // In hex, as option 61 holds it.
  `
  ALTER TABLE machines ADD COLUMN client_id TEXT;
  CREATE UNIQUE INDEX machines_by_client_id ON machines (client_id);
  `,
  'ALTER TABLE machines ADD COLUMN hardware TEXT',
  `
  -- Booted once: a table of its own, for it also has a beginning.
  CREATE TABLE onces (
    machine INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
    be      TEXT NOT NULL,
    asked   INTEGER NOT NULL,
    began   INTEGER
  ) STRICT;

  -- machine: its MAC; machines that nobody made known boot too.
  CREATE TABLE boots (
    machine TEXT PRIMARY KEY,
    woken   INTEGER,
    token   TEXT,
    boot    TEXT
  ) STRICT;

  CREATE TABLE errands (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    machine TEXT NOT NULL,
    be      TEXT NOT NULL,
    command TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    asked   INTEGER NOT NULL,
    session TEXT,
    status  INTEGER
  ) STRICT;
  CREATE INDEX errands_of ON errands (machine, be);

  CREATE TABLE errand_output (
    errand INTEGER NOT NULL REFERENCES errands (id) ON DELETE CASCADE,
    at     INTEGER NOT NULL,
    piece  BLOB NOT NULL,
    PRIMARY KEY (errand, at)
  ) STRICT;
  `,
]
