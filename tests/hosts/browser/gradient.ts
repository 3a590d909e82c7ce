// The least that a script with a gradient takes along.
import { grad, mul, type Scalar } from "../../../mod.ts";

console.log(grad((x: Scalar) => mul(x, x))(3));
