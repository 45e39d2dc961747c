/** There is no such export of this person. Somebody else's is as unknown as one that never was. */
export class UnknownExport extends Error {
  override readonly name = "UnknownExport";

  constructor() {
    super("There is no such export of yours");
  }
}

/** The person has no tracks. */
export class NothingToExport extends Error {
  override readonly name = "NothingToExport";

  constructor() {
    super("You have no tracks here, so there is nothing to export");
  }
}

/** There is no archive yet, or there will be none. The message says which. */
export class NotDone extends Error {
  override readonly name = "NotDone";
}

/** There was an archive, and it is gone. */
export class ExportExpired extends Error {
  override readonly name = "ExportExpired";

  constructor() {
    super("This export has expired: export your music again");
  }
}
