import * as z from 'zod';
import { auth0 } from './auth0.ts';
import { cognito } from './cognito.ts';
import { firebase } from './firebase.ts';
import { oidc } from './generic.ts';

/** Parses the settings of an issuer to the profile of its tokens. A new type of issuer is a file in this folder and its name here. */
export const issuerSchema = z.discriminatedUnion('type', [cognito, auth0, oidc, firebase]);
