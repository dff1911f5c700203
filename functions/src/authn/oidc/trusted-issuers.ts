import * as z from 'zod';
import { ConfigError, parseConfig } from '../../core/config-error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { issuerSchema } from './providers/index.ts';

/** Where the tokens are verified. */
interface Runtime {
  /** The emulator: issuers on this machine may use plain HTTP. */
  readonly local: boolean;
  /** Outside of the Firebase project, e.g. in AWS Lambda, Firebase is an external issuer. */
  readonly allowFirebase: boolean;
  /** `iss` of this project's Firebase. */
  readonly ownIssuer?: string;
}

const TYPES = issuerSchema.options.map((option) => option.in.shape.type.value);

/**
 * The settings of trusted issuers, as profiles.
 *
 * @param name of the setting, for error messages
 * @throws ConfigError with a line for each problem, e.g. `trustedIssuers[0].region: is missing`
 */
export function readTrustedIssuers(
  settings: unknown,
  { local, allowFirebase, ownIssuer }: Runtime,
  name = 'trustedIssuers',
): readonly IssuerProfile[] {
  const types = TYPES.filter((type) => allowFirebase || type !== 'firebase');
  const parsed = parseConfig(z.array(issuerSchema).max(50), settings, name, types);
  const entries = parsed.flatMap((profiles, index) =>
    [profiles].flat().map((profile): Entry => ({ ...profile, index })),
  );
  const problems = [
    // The schema has checked that this is a list of objects.
    ...(settings as JsonObject[]).flatMap((setting, index) => [
      ...(allowFirebase || setting.type !== 'firebase' ? [] : [`[${index}].type: ${OWN}`]),
      ...(local ? [] : emulatorOnly(setting).map((field) => `[${index}].${field}: only in the emulator`)),
    ]),
    ...entries.flatMap(({ issuer, index }) => (issuer === ownIssuer ? [`[${index}]: ${OWN}`] : [])),
    ...duplicates(entries),
    ...sharedNames(entries),
    ...otherKeys(entries),
  ];
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${name}${problem}`));
  return Object.freeze(entries.map(({ index, ...profile }) => profile));
}

const OWN = 'this project’s Firebase needs no entry';

/** A profile with the position of its setting. A setting for several tenants has a profile for each. */
type Entry = IssuerProfile & { readonly index: number };

/** Where tokens and keys come from. */
const URL_FIELDS = ['issuer', 'jwksUri'];

/** Fields that production refuses: the address of a local issuer, and plain HTTP. */
function emulatorOnly(setting: JsonObject): string[] {
  return Object.keys(setting).filter((field) => {
    const value = setting[field];
    if (field === 'localUrl') return value !== undefined;
    return URL_FIELDS.includes(field) && typeof value === 'string' && value.startsWith('http:');
  });
}

/** Of two profiles for the same tokens, the second would never be used. */
function duplicates(entries: readonly Entry[]): string[] {
  const accepted = entries.map(({ issuer, algorithms, tokenUse, typ, audience, clientIds, claims }) =>
    JSON.stringify([issuer, algorithms, tokenUse, typ, audience, clientIds, claims]),
  );
  return accepted.flatMap((tokens, at) => {
    const [one, first] = [entries[at], entries[accepted.indexOf(tokens)]];
    return one === first ? [] : [`[${one?.index}]: accepts the same tokens as [${first?.index}]`];
  });
}

/** One `iss` in two issuers would give one user two identities. */
function sharedNames(entries: readonly Entry[]): string[] {
  const names = new Map<string, string>();
  return entries.flatMap(({ issuer, accepts, index }) =>
    accepts.flatMap((accepted) => {
      const name = names.get(accepted.issuer) ?? issuer;
      names.set(accepted.issuer, name);
      return name === issuer ? [] : [`[${index}]: ${accepted.issuer} is also an issuer of another entry`];
    }),
  );
}

/** Entries of one issuer share its keys, so they need the same `jwksUri`. */
function otherKeys(entries: readonly Entry[]): string[] {
  const uris = new Map<string, string | null>();
  return entries.flatMap(({ accepts, index }) =>
    accepts.flatMap(({ issuer, jwksUri }) => {
      if (!uris.has(issuer)) uris.set(issuer, jwksUri);
      return uris.get(issuer) === jwksUri
        ? []
        : [`[${index}]: another entry has the keys of ${issuer} elsewhere`];
    }),
  );
}
