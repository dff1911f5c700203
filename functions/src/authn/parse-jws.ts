import { isUtf8 } from 'node:buffer';
import { type AppError, invalidToken } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { findIllFormed } from '../core/text.ts';

/** A well-formed token. Nothing in it is verified: `payload` can say anything. */
export interface UnverifiedToken {
  readonly raw: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signed: boolean;
}

const MAX_TOKEN_BYTES = 8 * 1024;
const MAX_JSON_DEPTH = 8;
/** RFC 7516 §7.1: five parts. Auth0 encrypts tokens that were requested without an audience. */
const ENCRYPTED = 'encrypted token (JWE); request an audience, so that the issuer signs a token for this API';
const HEADER_KEYS = new Set(['alg', 'kid', 'typ']);

/**
 * Header parameters that no issuer can be allowed: with them a token would choose its own key (RFC 8725 §3.5, OpenID
 * Federation 1.0 §4.3), or be processed in another way (RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1, RFC 7518 §4).
 */
export const FORBIDDEN_HEADER_KEYS: readonly string[] = [
  ...['jwk', 'jku', 'x5u', 'x5c', 'trust_chain', 'peer_trust_chain'],
  ...['crit', 'b64', 'zip', 'enc', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'],
];

/**
 * Checks the form of a compact JWS (RFC 7515 §3.1) before any library sees it: size, exactly three canonical base64url
 * parts, valid UTF-8, JSON objects of bounded depth without duplicate keys, no header key that brings its own key.
 *
 * @param headerKeys keys that the profile of an `iss` allows in the header besides `alg`, `kid` and `typ`
 * @throws AppError `invalid_token`
 */
export function parseCompactJws(
  raw: string,
  headerKeys?: (issuer: unknown) => readonly string[],
): UnverifiedToken {
  if (raw.length > MAX_TOKEN_BYTES) throw malformed('longer than 8 KiB');
  const [header, payload, signature, ...rest] = raw.split('.', 6);
  if (rest.length === 2) throw malformed(ENCRYPTED);
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw malformed('not three parts');
  }
  // Empty in a token of the emulator: the verifier decides.
  if (signature !== '') decodePart('signature', signature);
  const head = parseObject('header', header);
  const body = parseObject('payload', payload);
  for (const key of Object.keys(head)) {
    if (HEADER_KEYS.has(key)) continue;
    if (FORBIDDEN_HEADER_KEYS.includes(key) || !headerKeys?.(body.iss).includes(key))
      throw invalidToken('header-key-not-allowed');
  }
  return { raw, header: head, payload: body, signed: signature !== '' };
}

/** Strict base64url (RFC 7515 §2): each value has one encoding, so a token has exactly one form. */
function decodePart(name: string, part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part)
    throw malformed(`${name} is not canonical base64url`);
  return bytes;
}

function parseObject(name: string, part: string): JsonObject {
  const bytes = decodePart(name, part);
  if (!isUtf8(bytes)) throw malformed(`${name} is not UTF-8`);
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(`${name} is not JSON`, cause);
  }
  if (!isJsonObject(value)) throw malformed(`${name} is no object`);
  checkKeysAndDepth(name, text, value);
  // Claims are stored: `sub`, name and e-mail address in the directory.
  if (findIllFormed(value) !== undefined) throw malformed(`${name} is not well-formed Unicode`);
  return value;
}

/**
 * Refuses nesting deeper than 8, `__proto__` as a key, and a key that occurs twice in one object: parsers disagree on
 * which one counts (RFC 8259 §4). With a repeated key, however escaped, the text has more keys than the parsed value.
 */
function checkKeysAndDepth(name: string, text: string, value: object): void {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        depth++;
        if (depth > MAX_JSON_DEPTH) throw malformed(`${name} is nested too deeply`);
        break;
      case '}':
      case ']':
        depth--;
        break;
      case '"':
        at = endOfString(text, at);
        break;
      case ':':
        keys++;
        break;
    }
  }
  if (keys !== countKeys(name, value)) throw malformed(`${name} has a forbidden or repeated key`);
}

/** The end of the JSON string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Does an odd number of backslashes stand before it? */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === '\\') before--;
  return (at - before) % 2 === 1;
}

/** Counts all keys of all objects in a parsed value. Its depth was checked before. */
function countKeys(name: string, value: object): number {
  if (Object.hasOwn(value, '__proto__')) throw malformed(`${name} has a forbidden or repeated key`);
  const isList = Array.isArray(value);
  const members: readonly unknown[] = isList ? value : Object.values(value);
  let count = isList ? 0 : members.length;
  for (const inner of members) {
    if (typeof inner === 'object' && inner !== null) count += countKeys(name, inner);
  }
  return count;
}

function malformed(logDetail: string, cause?: unknown): AppError {
  return invalidToken('malformed-token', { logDetail, cause });
}
