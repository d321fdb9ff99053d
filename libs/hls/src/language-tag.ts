/** The shortest tag of a language (RFC 5646 2.2.1: eng becomes en); undefined for und and for what is no language. */
export function languageTag(language: string | undefined): string | undefined {
  if (language === undefined || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language)) return undefined;
  try {
    const [canonical] = Intl.getCanonicalLocales(language);
    return canonical === 'und' ? undefined : canonical;
  } catch {
    return undefined;
  }
}
