/** The version in package.json; `test/tidy_test.ts` keeps them equal. */
export const VERSION = "0.1.0";
