/** The longest a file may be, in lines, blank ones and comments included. */
export const lineLimits = { source: 300, test: 500 };
