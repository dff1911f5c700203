/**
 * Finds text that is not well-formed Unicode: half a surrogate pair, which UTF-8 cannot encode. Firestore refuses it, and
 * JSON parsers disagree on it (RFC 8259 §8.2).
 *
 * @param value parsed JSON, of bounded depth
 * @returns the path of the first such value or key, e.g. `grants.0.reason`; `''` is the value itself
 */
export function findIllFormed(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const found = name.isWellFormed() ? findIllFormed(inner, at) : at;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Characters without a shape of their own, or that change the order or the line of others: control characters, line and
 * paragraph separators, directional formatting (UAX #9), and what Unicode says to show as nothing (zero-width characters,
 * variation selectors, tags, byte order marks), and the Braille pattern without dots. Letters of right-to-left scripts are none of them.
 */
const HIDDEN = String.raw`[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]`;

const HAS_HIDDEN = new RegExp(HIDDEN, 'v');

/** For identifiers, which two people must read alike. */
export function hasHidden(text: string): boolean {
  return HAS_HIDDEN.test(text);
}

/** Letters that a joiner can stand between: in Persian and in Indic scripts it changes their shape. */
const JOINED = String.raw`[[\p{L}\p{M}]--[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]]`;
const PICTURE = String.raw`\p{Extended_Pictographic}[\ufe0e\ufe0f\p{Emoji_Modifier}]?`;
/** Hidden characters where they belong: in emoji (UTS #51), between joined letters, and after a Han character. */
const USUAL = [
  String.raw`\p{RGI_Emoji_Tag_Sequence}|\p{Emoji_Keycap_Sequence}`,
  String.raw`${PICTURE}(?:\u200d${PICTURE}){0,9}`,
  String.raw`(?<=${JOINED})[\u200c\u200d](?=${JOINED})`,
  String.raw`\p{sc=Han}[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
].join('|');

const USUAL_OR_HIDDEN = new RegExp(`${USUAL}|(${HIDDEN})`, 'gv');

/** For text that people read: hidden characters become visible, e.g. `[U+202E]`. Emoji and letters stay as they are. */
export function showHidden(text: string): string {
  if (!HAS_HIDDEN.test(text)) return text;
  return text.replace(USUAL_OR_HIDDEN, (found, hidden?: string) =>
    hidden === undefined ? found : `[U+${codePoint(hidden)}]`,
  );
}

const codePoint = (char: string) => (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

/** {@link showHidden} for every text in a value of plain objects and lists; other objects stay as they are. */
export function showHiddenIn<T>(value: T): T;
export function showHiddenIn(value: unknown): unknown {
  if (typeof value === 'string') return showHidden(value);
  if (Array.isArray(value)) return value.map((inner) => showHiddenIn(inner));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [showHidden(name), showHiddenIn(inner)]),
  );
}
