export type Length = "5" | "10";
export type ClipInput = {
    /**
     * Aspect ratio of the clip. Default value: `"16:9"`
     */
    aspect_ratio?: "16:9" | "9:16";
    /**
     * Seconds. Default value: `"5"`
     */
    duration?: Length;
    /**
     * The first picture.
     */
    image_url: string | Blob | File;
    /**
     * What happens.
     */
    prompt: string;
    /**
     * How much. Default value: `0.5`
     */
    cfg_scale?: number;
    /**
     * Not known to us.
     */
    camera?: Camera;
};
export type ClipOutput = {
    /**
     * The clip.
     */
    video: File;
};
export type PoseInput = {
    /**
     * Where.
     */
    region: Region;
    /**
     * The picture.
     */
    image_url: string | Blob | File;
};
export type PoseOutput = PictureOutput;
export type PictureOutput = {
    /**
     * The pictures.
     */
    images: Array<Image>;
};
export type PlainInput = {
    /**
     * What is seen.
     */
    prompt: string;
};
export type EndpointTypeMap = {
    "lumen/clip": {
        input: ClipInput;
        output: ClipOutput;
    };
    "lumen/pose": {
        input: PoseInput;
        output: PoseOutput;
    };
    "lumen/plain": {
        input: PlainInput;
        output: PictureOutput;
    };
};
