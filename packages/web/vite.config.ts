import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  build: {
    target: "es2022",
    // The service's content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      onwarn(warning, warn) {
        // zod's notes to another bundler: nothing that we could change, and it would hide warnings of ours.
        if (warning.code === "INVALID_ANNOTATION" && warning.id?.includes("/node_modules/zod/") === true)
          return;
        warn(warning);
      },
    },
  },
});
