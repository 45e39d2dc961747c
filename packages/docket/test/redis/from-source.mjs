// Lets Node run this package's TypeScript as it lies in src: there an import of "./a.js" means "./a.ts".
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const own = specifier.startsWith(".") && !context.parentURL?.includes("/node_modules/");
    return next(own ? specifier.replace(/\.js$/, ".ts") : specifier, context);
  },
});
