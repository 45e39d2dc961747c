/** JSON as it may stand in a record or a payload. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
