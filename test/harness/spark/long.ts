/** The long form of Spark's tests, `npm run test:spark`; the check runs the short one. */
export const IS_LONG = process.env["NEARFEED_SPARK"] === "long";
