import { isJsonObject, type JsonObject } from '../core/json.ts';

/**
 * How the values of a claim are written:
 * - `list`: a list of strings, or one string
 * - `space-separated`, `comma-separated`: one string; also `[a, b]`, as Cognito writes the lists of other providers
 * - `json`: a list as JSON in a string
 * - `keys`: the keys of an object, as Zitadel writes roles
 *
 * A claim that is a list already is read as one.
 */
export const CLAIM_FORMATS = ['list', 'space-separated', 'comma-separated', 'json', 'keys'] as const;
/** `scopes`: one string, or several, each separated by spaces, which no scope contains (RFC 6749 §3.3). */
export type ClaimFormat = (typeof CLAIM_FORMATS)[number] | 'scopes';

export interface ClaimReading {
  /** Keys from the payload inwards, e.g. `['realm_access', 'roles']`. */
  readonly path: readonly string[];
  readonly format: ClaimFormat;
  /** Where the items are objects: the property that is the value. */
  readonly property?: string | undefined;
}

interface ClaimValues {
  readonly texts: readonly string[];
  /** Present when the claim, or a part of it, cannot be read: its shape, without any value. */
  readonly unreadable?: string;
}

/**
 * Reads the values of a claim of unknown shape. An absent claim, or `null`, has none.
 *
 * @param isMapped is this value in the map? A string that contains one that is was written in another format
 */
export function readClaim(
  payload: JsonObject,
  { path, format, property }: ClaimReading,
  isMapped: (text: string) => boolean,
): ClaimValues {
  let value: unknown = payload;
  for (const key of path) {
    if (value === undefined || value === null) break;
    if (typeof value !== 'object' || Array.isArray(value)) return { texts: [], unreadable: shapeOf(value) };
    // An object that has the key.
    value = Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
  }
  if (value === undefined || value === null) return { texts: [] };
  const items = itemsOf(value, format);
  const picked = items?.map((item) => (property === undefined ? item : propertyOf(item, property))) ?? [];
  const texts = picked.filter((item) => typeof item === 'string');
  const isMisread = typeof value === 'string' && texts.some((text) => isSeveral(text, isMapped));
  return items?.length === texts.length && !isMisread ? { texts } : { texts, unreadable: shapeOf(value) };
}

/** @returns undefined for another format */
function itemsOf(value: unknown, format: ClaimFormat): readonly unknown[] | undefined {
  switch (format) {
    case 'list':
      return toList(value);
    case 'scopes':
      return toList(value).flatMap((item) => (typeof item === 'string' ? split(item, ' ') : [item]));
    case 'space-separated':
      return typeof value === 'string' ? split(value, ' ') : toList(value);
    case 'comma-separated':
      return typeof value === 'string' ? split(value.replace(/^\[(.*)\]$/s, '$1'), ',') : toList(value);
    case 'json':
      return typeof value === 'string' ? parseList(value) : toList(value);
    case 'keys':
      return isJsonObject(value) ? Object.keys(value) : undefined;
  }
}

const toList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function split(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseList(text: string): readonly unknown[] | undefined {
  try {
    return toList(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function propertyOf(item: unknown, property: string): unknown {
  return isJsonObject(item) && Object.hasOwn(item, property) ? item[property] : undefined;
}

/** Does a string that is not in the map look like several values? */
function isSeveral(text: string, isMapped: (text: string) => boolean): boolean {
  return !isMapped(text) && (/^\s*[[{]/.test(text) || text.split(/[\s,;"'[\]]+/).some(isMapped));
}

/** Keys that a shape may name. The keys of an object can be values, e.g. the names of roles, so no other key is logged. */
const KNOWN_KEYS = new Set(
  (
    'key name id uid value code slug label title type ref $ref display displayName description ' +
    'role roles group groups permission permissions scope scopes'
  ).split(' '),
);

/** The shape of a value in JSON's words, e.g. `array of objects with keys: key`; nothing of the value itself. */
export function shapeOf(value: unknown): string {
  if (Array.isArray(value)) {
    const kinds = new Set(value.map((item) => `${kindOf(item)}s`));
    const objects = value.filter(isJsonObject);
    return `array of ${[...kinds].join(' and ')}${objects.length > 0 ? keysOf(objects) : ''}`;
  }
  if (isJsonObject(value)) return `object${keysOf([value])}`;
  if (typeof value !== 'string') return kindOf(value);
  if (/^\s*[[{]/.test(value)) return `string that begins with ${value.trimStart().charAt(0)}`;
  return `string${value.includes(',') ? ' with commas' : value.includes(' ') ? ' with spaces' : ''}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function keysOf(objects: readonly JsonObject[]): string {
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const known = keys.filter((key) => KNOWN_KEYS.has(key)).sort();
  const others = keys.length - known.length;
  const named = known.length > 0 ? ` with keys: ${known.join(', ')}` : '';
  if (others === 0) return named;
  return `${named}${named === '' ? ' with' : ' and'} ${others} other key${others === 1 ? '' : 's'}`;
}
