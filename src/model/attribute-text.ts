/** The value of an attribute of ECS: at most so many characters (API reference, Attribute). */
export const longestValue = 128;

/**
 * Makes any text fit for a part of an attribute's value, of at most `length` characters: ECS allows letters, digits, blanks and
 * `- _ . / @ \ :`, and no blank at either end. What divides our parts, `/`, becomes `-`.
 */
export const attributeText = (text: string, length: number): string =>
  text
    .replaceAll('/', '-')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^A-Za-z0-9_.@\\: -]/g, '_')
    .trim()
    .slice(0, length)
    .trim();
