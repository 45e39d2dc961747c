// A process of its own that opens the embedded database in the folder it is given, says so, and keeps it open.
import { openDatabase } from "../../dist/database/open.js";

await openDatabase({ dataDir: process.argv[2] ?? "" });
process.send?.("open");
