import * as z from 'zod';
import { formatZodIssue } from './format-zod-issue.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { issuerSchema } from './providers/index.ts';

/** Where tokens are verified. */
interface Runtime {
  /** An emulator: there, issuers on this machine may speak plain HTTP. */
  readonly local: boolean;
  /** A gate without firebase-admin: there, and only there, Firebase is an issuer like the others. */
  readonly gate: boolean;
}

/** The kinds of issuers that every place takes. */
const TYPES = ['cognito', 'auth0', 'oidc'] as const;

/**
 * The setting TRUSTED_ISSUERS, a JSON list, as profiles.
 *
 * @param text empty: nobody but Firebase is trusted
 * @throws Error with a line for each thing that is wrong, beginning with where, e.g. `0.region`
 */
export function parseTrustedIssuers(text: string, place: Runtime): readonly IssuerProfile[] {
  if (text.trim() === '') return [];
  const error = formatZodIssue(place.gate ? [...TYPES, 'firebase'] : TYPES);
  const settings = parseJson(text);
  const parsed = z.array(issuerSchema).max(50).safeParse(settings, { error });
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    throw new Error(lines.join('\n'));
  }
  const profiles = parsed.data;
  const flaws = [
    // The schema has seen that this is a list of objects.
    ...(settings as Setting[]).flatMap((setting, index) => notAllowedHere(setting, index, place)),
    ...duplicates(profiles),
    ...sharedNames(profiles),
    ...otherKeys(profiles),
  ];
  if (flaws.length > 0) throw new Error(flaws.join('\n'));
  return profiles;
}

/**
 * As {@link parseTrustedIssuers}, for whoever cannot start without.
 *
 * @throws Error with every line that is wrong under `heading`
 */
export function readTrustedIssuers(text: string, place: Runtime, heading: string): readonly IssuerProfile[] {
  try {
    return Object.freeze(parseTrustedIssuers(text, place));
  } catch (error) {
    // It throws nothing else.
    const { message } = error as Error;
    throw new Error(`${heading}\n${message.replaceAll(/^/gm, '  TRUSTED_ISSUERS: ')}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, refuseProto);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Says where, by its position or the text around it.
    throw new Error(`is not JSON: ${error.message.replaceAll(/\s+/g, ' ')}`);
  }
}

/** A record leaves it out, and with it what it asks for. */
function refuseProto(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new Error('has a field named __proto__');
  return value;
}

type Setting = Readonly<Record<string, unknown>>;

/** What is right in itself, but not here. */
function notAllowedHere(setting: Setting, index: number, { local, gate }: Runtime): string[] {
  if (setting.type === 'firebase')
    return gate ? [] : [`${index}.type: this project’s Firebase needs no entry`];
  if (local) return [];
  const misplaced = Object.entries(setting).filter(
    ([field, value]) =>
      field === 'localUrl' ||
      (URL_FIELDS.includes(field) && typeof value === 'string' && value.startsWith('http:')),
  );
  return misplaced.map(([field]) => `${index}.${field}: only in the emulator`);
}

/** Where tokens and keys come from; plain HTTP is refused there in production. */
const URL_FIELDS = ['issuer', 'jwksUri'];

/** The second of two that are the same would never be asked. */
function duplicates(profiles: readonly IssuerProfile[]): string[] {
  const accepted = profiles.map(({ issuer, algorithms, tokenUse, typ, audience, clientIds, claims }) =>
    JSON.stringify([issuer, algorithms, tokenUse, typ, audience, clientIds, claims]),
  );
  return accepted.flatMap((tokens, index) => {
    const first = accepted.indexOf(tokens);
    return first < index ? [`${index}: accepts the same tokens as ${first}`] : [];
  });
}

/** One `iss` under two names would be one person with two identities. */
function sharedNames(profiles: readonly IssuerProfile[]): string[] {
  const names = new Map<string, string>();
  return profiles.flatMap(({ issuer, accepts }, index) =>
    accepts.flatMap((accepted) => {
      const name = names.get(accepted.issuer) ?? issuer;
      names.set(accepted.issuer, name);
      return name === issuer ? [] : [`${index}: ${accepted.issuer} is also an issuer of another entry`];
    }),
  );
}

/** Entries of one issuer share its keys, so they have to be found in one place. */
function otherKeys(profiles: readonly IssuerProfile[]): string[] {
  const places = new Map<string, string | null>();
  return profiles.flatMap(({ accepts }, index) =>
    accepts.flatMap(({ issuer, jwksUri }) => {
      if (!places.has(issuer)) places.set(issuer, jwksUri);
      return places.get(issuer) === jwksUri
        ? []
        : [`${index}: another entry has the keys of ${issuer} elsewhere`];
    }),
  );
}
