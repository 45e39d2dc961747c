import { mount } from "svelte";
import * as z from "zod/mini";
import { connectService } from "../api/service.js";
import Page from "../page/Page.svelte";
import "../page/page.css";
import { signInTrouble } from "../session/sign-in-words.js";

// The content security policy forbids making code from strings, which zod would try for speed.
z.config({ jitless: true });

const target = document.getElementById("page");
if (target === null) throw new Error("index.html has no element #page to put the page in");

const signInNote = signInTrouble(window.location.search);
// A reload must not tell of the failed sign-in again.
if (signInNote !== null) window.history.replaceState(null, "", window.location.pathname);

mount(Page, {
  target,
  props: {
    service: connectService(window.fetch.bind(window)),
    signInNote,
    navigate: (path: string) => {
      window.location.assign(path);
    },
  },
});
