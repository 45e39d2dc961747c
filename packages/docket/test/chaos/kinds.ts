import type { Kind } from "./kind.js";
import { batched, deadlyAmongOthers } from "./kinds/batched.js";
import { cancelled, debounced, replaced } from "./kinds/changed.js";
import { delayed } from "./kinds/delayed.js";
import { flaky, overdue, parked, terminal } from "./kinds/failing.js";
import { paused, rated, struck } from "./kinds/held.js";
import { keyed } from "./kinds/keyed.js";
import { limited, limitedByKey } from "./kinds/limited.js";
import { lanes } from "./kinds/lanes.js";
import { minutes } from "./kinds/minutes.js";
import { plain } from "./kinds/plain.js";
import { blocking, deadly } from "./kinds/poison.js";
import { ranked } from "./kinds/ranked.js";
import { rare } from "./kinds/rare.js";
import { cooled, dropped } from "./kinds/refused.js";
import { results } from "./kinds/results.js";
import { ticks } from "./kinds/ticks.js";

/** All that is asked of the engine. */
export const KINDS: readonly Kind[] = [
  ...[plain, keyed, lanes, delayed, flaky, parked, terminal, overdue],
  ...[cancelled, replaced, debounced, paused, struck, rated, results],
  ...[limited, limitedByKey, ranked, dropped, cooled, batched],
  ...[deadly, deadlyAmongOthers, blocking, rare, ticks, minutes],
];
