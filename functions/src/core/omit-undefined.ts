/** The fields that have a value: Firestore refuses `undefined`. */
export function omitUndefined(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
