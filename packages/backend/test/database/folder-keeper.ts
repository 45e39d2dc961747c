// A process of its own that opens the embedded database in the folder it is given, says so, and keeps it open.
import { openDatabase } from "../../dist/database/open.js";

const db = await openDatabase({ dataDir: process.argv[2] ?? "" });
// Somebody must hold on to it: what nobody holds is closed when memory is cleared up.
process.once("disconnect", () => void db.destroy());
process.send?.("open");
