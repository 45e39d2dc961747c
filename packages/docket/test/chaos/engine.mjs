// Has a process use this package's TypeScript as it lies in src, or another build of the engine where DOCKET_ENGINE names one.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const other = process.env.DOCKET_ENGINE;

registerHooks({
  resolve(specifier, context, next) {
    if (other !== undefined && specifier.endsWith("/src/index.js"))
      return next(pathToFileURL(other).href, context);
    const own = specifier.startsWith(".") && (context.parentURL?.endsWith(".ts") ?? true);
    return next(own ? specifier.replace(/\.js$/, ".ts") : specifier, context);
  },
});
