import { fm } from "../lexicons/index.js";

/** The namespace that our lexicons are written in; records may be kept under another (COLLECTION_NAMESPACE). */
const HOME = "fm.plyr";

/** Where plays are kept for teal, and for all who read it. */
export interface TealCollections {
  readonly play: string;
  readonly status: string;
}

/** As teal's lexicons name them. Until August 2026 they had other names; settings can say so. */
export const teal: TealCollections = { play: fm.teal.feed.play.$nsid, status: fm.teal.actor.status.$nsid };

/** Whether an NSID can stand for one of teal's: it ends as that one does, in whatever namespace. */
export function namesTeal(nsid: string, kind: keyof TealCollections): boolean {
  return nsid.endsWith(`.${teal[kind].split(".").slice(2).join(".")}`);
}

/** The NSIDs of the records that we own. They come from the lexicons: nothing else spells one out. */
export interface Collections {
  readonly track: string;
  readonly like: string;
  readonly comment: string;
  readonly list: string;
  readonly profile: string;
}

/** The namespace of a collection of tracks. */
export function namespaceOf(track: string): string {
  return track.slice(0, HOME.length - fm.plyr.track.$nsid.length);
}

/** @param namespace the first segments of our NSIDs, as in `fm.plyr` or `fm.plyr.dev` */
export function collectionsOf(namespace: string): Collections {
  const under = ({ $nsid }: { readonly $nsid: string }): string => namespace + $nsid.slice(HOME.length);
  return {
    track: under(fm.plyr.track),
    like: under(fm.plyr.like),
    comment: under(fm.plyr.comment),
    list: under(fm.plyr.list),
    profile: under(fm.plyr.actor.profile),
  };
}
