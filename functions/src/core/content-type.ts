/** Is this `Content-Type` JSON, with or without parameters? Nothing that merely begins like it. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}
