import packageJson from '../package.json' with { type: 'json' };
import type { IssuerProfile } from '../src/authn/oidc/issuer-profile.ts';
import { firebaseProfile } from '../src/authn/oidc/providers/firebase.ts';
import { modules } from '../src/modules.ts';
import { type Operation, pathParameters, pathTemplate } from '../src/pipeline/operation.ts';

interface Gateway {
  readonly projectId: string;
  /** Address of the function, to which `/v1/…` is appended; also the audience of the gateway's own ID token for it. */
  readonly backend: string;
  readonly issuers: readonly IssuerProfile[];
  /** The gateway API's managed service. With it web pages can call: preflight requests are passed on, too. */
  readonly host?: string | undefined;
}

/** A token issuer as a security definition of OpenAPI 2.0 with Google's extensions. */
interface SecurityDefinition {
  readonly type: 'oauth2';
  readonly flow: 'implicit';
  readonly authorizationUrl: string;
  readonly 'x-google-issuer': string;
  readonly 'x-google-jwks_uri'?: string;
  readonly 'x-google-audiences': string;
  readonly 'x-google-jwt-locations': readonly { readonly header: string; readonly value_prefix: string }[];
}

/**
 * The operations for Google API Gateway or ESPv2, as OpenAPI 2.0: API Gateway also reads 3.x, ESPv2 does not. Without
 * schemas of parameters and bodies: the gateway checks none, and OpenAPI 2.0 cannot express ours.
 *
 * @returns the document, and warnings about issuers that the gateway checks in another way
 */
export function createGatewayDocument({ projectId, backend, issuers, host }: Gateway) {
  const { definitions, warnings } = defineIssuers(projectId, issuers);
  const security = Object.keys(definitions).map((name) => ({ [name]: [] }));
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of modules.operations) {
    const path = `/v1${pathTemplate(operation)}`;
    paths[path] = { ...paths[path], [operation.http.method]: describe(operation, security) };
  }
  const lines = [
    'Gatehouse behind a gateway. What requests and answers hold: GET /v1/openapi.json.',
    ...warnings,
  ];
  const document = {
    swagger: '2.0',
    info: { title: 'Gatehouse', version: packageJson.version, description: lines.join('\n\n') },
    ...(host !== undefined && { host, 'x-google-endpoints': [{ name: host, allowCors: true }] }),
    schemes: ['https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    'x-google-backend': {
      address: backend,
      // The default is the address without its path; the audience of a function is the whole address.
      jwt_audience: backend,
      path_translation: 'APPEND_PATH_TO_ADDRESS',
      // The timeout of the function; the default is 15 s.
      deadline: 60,
    },
    securityDefinitions: definitions,
    paths,
  };
  return { document, warnings };
}

function describe(operation: Operation, security: readonly object[]): object {
  const names = pathParameters(operation.http);
  return {
    operationId: operation.name,
    summary: operation.summary,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, type: 'string' })),
    }),
    responses: {
      [operation.output === null ? '204' : operation.created ? '201' : '200']: { description: 'Done.' },
      default: { description: 'Refused or failed.' },
    },
    ...(operation.access !== 'public' && { security }),
  };
}

/** One definition for each accepted `iss`, which several entries may share; an operation accepts any of them. */
function defineIssuers(projectId: string, issuers: readonly IssuerProfile[]) {
  const definitions: Record<string, SecurityDefinition> = {};
  for (const { issuer, jwksUri } of firebaseProfile(projectId).accepts) {
    definitions.firebase = definition(issuer, jwksUri, [projectId]);
  }
  const warnings: string[] = [];
  const accepted = new Map<
    string,
    { type: string; jwksUri: string | null; audiences: string[]; of: string }
  >();
  for (const [index, { type, issuer, accepts, audience, clientIds }] of issuers.entries()) {
    const entry = `trustedIssuers[${index}], ${issuer}`;
    // Without audiences the gateway would require its own address in `aud`.
    const audiences = audience ?? clientIds;
    if (audiences === null) {
      warnings.push(`${entry} is left out: the gateway checks \`aud\`, and it names no audience.`);
      continue;
    }
    if (audience === null) {
      warnings.push(
        `${entry}: the gateway does not look at \`client_id\`. A token passes only if it has the client in \`aud\`, too.`,
      );
    }
    for (const { issuer: iss, jwksUri } of accepts) {
      const { audiences: known, of } = accepted.get(iss) ?? { audiences: [], of: entry };
      accepted.set(iss, { type, jwksUri, audiences: [...known, ...audiences], of });
    }
  }
  for (const [iss, { type, jwksUri, audiences, of }] of accepted) {
    if (jwksUri === null) {
      warnings.push(
        `${of}: the gateway has to find the keys by OpenID discovery; give it a \`jwksUri\` if it does not.`,
      );
    }
    const number = Object.keys(definitions).length;
    definitions[`${type}_${number}`] = definition(iss, jwksUri, [...new Set(audiences)]);
  }
  return { definitions, warnings };
}

function definition(issuer: string, keys: string | null, audiences: readonly string[]): SecurityDefinition {
  return {
    type: 'oauth2',
    flow: 'implicit',
    // Required by OpenAPI; the gateway does not use it.
    authorizationUrl: issuer,
    'x-google-issuer': issuer,
    ...(keys !== null && { 'x-google-jwks_uri': keys }),
    'x-google-audiences': audiences.join(','),
    // The default includes `?access_token=`, and addresses are logged (RFC 6750 §2.3).
    'x-google-jwt-locations': [{ header: 'Authorization', value_prefix: 'Bearer ' }],
  };
}
