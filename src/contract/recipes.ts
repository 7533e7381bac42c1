export { matchRecipe, recipes, type Recipe } from '../domain/recipes.ts';
