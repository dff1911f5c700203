const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Compares strings by their UTF-8 bytes, as Firestore does. JavaScript compares UTF-16 code units, which puts
 * characters beyond U+FFFF (surrogates) before U+E000.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Length in bytes, in UTF-8. */
export const utf8Length = (text: string) => Buffer.byteLength(text);
