const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A whole number from 0 to below `limit`, unguessable. */
export type RandomInt = (limit: number) => number;

const text = (length: number, random: RandomInt): string =>
  Array.from({ length }, () => ALPHABET[random(ALPHABET.length)]).join('');

/** The row id of a new live input. */
export const newLiveInputId = (random: RandomInt): string => `li_${text(20, random)}`;
/** The public path segment of a new live input. */
export const newExternalInputId = (random: RandomInt): string => `lv_${text(20, random)}`;
/** The id of a new broadcast. */
export const newBroadcastId = (random: RandomInt): string => `bc_${text(20, random)}`;
/** The id of a webhook destination whose owner gave none. */
export const newHookId = (random: RandomInt): string => `hook_${text(16, random)}`;
/** A new stream key: 40 characters of 62, about 238 bits. */
export const newStreamKey = (random: RandomInt): string => `sk_live_${text(40, random)}`;
/** Tells one commit from every other. */
export const newCommitId = (random: RandomInt): string => text(20, random);
