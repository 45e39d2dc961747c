import { fm } from "../lexicons/index.js";

/** The namespace that our lexicons are written in; records may be kept under another (COLLECTION_NAMESPACE). */
const HOME = "fm.plyr";

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
