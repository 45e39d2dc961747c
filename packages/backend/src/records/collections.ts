/** The NSIDs of the records that we own. Nothing else spells an NSID out. */
export interface Collections {
  readonly like: string;
  readonly track: string;
}

/** @param namespace the first segments of our NSIDs, as in `fm.plyr` or `fm.plyr.dev` */
export function collectionsOf(namespace: string): Collections {
  return { like: `${namespace}.like`, track: `${namespace}.track` };
}
