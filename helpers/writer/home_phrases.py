"""What is said around a command, after it, and about a home without commanding anything.

`{}` is the command, or the word that changes. Of each list of follow-ups and of house talk the
last phrases are for the test alone, those before them for validation.
"""

MANNERS = {  # how a command may be dressed up; the test has the first two only
    "en": "please {}|{} please|can you {}|could you please {}|hey {}|would you {} for me|ok {}|"
    "i want you to {}|{} now|{} thanks|um {}|just {}|let's {}|i'd like you to {}|{} will you",
    "de": "bitte {}|{} bitte|hey {}|ok {}|{} danke|ähm {}|{} jetzt|mal {}|also {}|{} sofort",
    "fr": "s'il te plaît {}|{} s'il te plaît|hé {}|ok {}|{} merci|euh {}|{} maintenant|alors {}|"
    "est-ce que tu peux {}|{} tout de suite|j'aimerais que tu {}",
    "zh": "请{}|{}谢谢|麻烦你{}|帮我{}|请帮我{}|能不能{}|嗯{}|现在{}|可以{}吗|{}吧|那就{}|你{}一下",
}
FOLLOW_UPS = {  # what changes -> phrases
    "en": {
        "area": "and in the {}|and the {}|now the {}|in the {} too|same for the {}|also in the {}|"
        "do it in the {} as well|then the {}|and for the {} please|the same in the {}|"
        "what about the {}|and now in the {}",
        "name": "and the {}|now the {}|the {} too|same for the {}|also the {}|and my {}|"
        "then the {}|do the {} as well|and the {} please|the same for the {}|"
        "what about the {}|and now the {}",
        "off": "and off again|turn it off again|now off|off again please|switch it back off|"
        "and turn that off|undo that|now turn it off",
    },
    "de": {
        "area": "und in {}|und {}|jetzt {}|auch in {}|dasselbe in {}|und auch {}|genauso in {}|"
        "dann {}|und bitte auch in {}|das gleiche in {}|was ist mit {}|und nun in {}",
        "name": "und {}|jetzt {}|auch {}|dasselbe für {}|und auch {}|genauso {}|dann {}|"
        "und bitte auch {}|das gleiche für {}|was ist mit {}|und nun {}",
        "off": "und wieder aus|schalte es wieder aus|jetzt aus|bitte wieder aus|"
        "mach das wieder aus|und ausschalten|nun wieder aus",
    },
    "fr": {
        "area": "et dans {}|et {}|maintenant {}|aussi dans {}|pareil dans {}|et aussi {}|puis {}|"
        "fais pareil dans {}|et dans {} s'il te plaît|la même chose dans {}|"
        "qu'en est-il de {}|et maintenant dans {}",
        "name": "et {}|maintenant {}|aussi {}|pareil pour {}|et aussi {}|puis {}|et mon {}|"
        "et {} s'il te plaît|la même chose pour {}|qu'en est-il de {}|et maintenant {}",
        "off": "et éteins à nouveau|éteins-le|maintenant éteins|éteins ça|et arrête ça|"
        "éteins-le s'il te plaît|et maintenant éteins-le",
    },
    "zh": {
        "area": "还有{}|{}呢|{}也是|那{}呢|{}也一样|再来{}|然后{}|{}也要|现在{}|{}也照样|以及{}",
        "name": "还有{}|{}呢|{}也是|那{}呢|{}也一样|再来{}|然后{}|{}也要|现在{}|{}也照样|以及{}",
        "off": "再关掉|又关了吧|现在关掉|关掉它|还是关了|把它关掉|再把它关了",
    },
}
HOUSE_TALK = {  # {} is a room or a device
    "en": "my {} is broken again|i bought a new {} yesterday|who invented the {}|i love the {}|"
    "the {} was a gift from my aunt|why is a {} so expensive|we painted the {} last summer|"
    "she never liked the {}|how does a {} work|i dreamed about the {}|is a {} worth the money|"
    "where did you buy your {}|the {} looks great|i already did that in the {}|what a lovely {}|"
    "tell me a story about a {}|do you like my {}|he told me to turn on the {} yesterday|"
    "should i get a {}|i forgot where the {} is from|a {} costs a hundred dollars|"
    "my brother sells {} parts|i am tired of the {}|can a {} catch fire|they stole our {}|"
    "what color would suit a {}|i read a book about the {}|how old is the {}|our {} needs paint|"
    "nobody uses the {} any more",
    "de": "mein {} ist schon wieder kaputt|ich habe gestern {} gekauft|wer hat {} erfunden|"
    "ich liebe {}|warum ist {} so teuer|wir haben {} letzten sommer gestrichen|gefällt dir {}|"
    "sie mochte {} nie|wie funktioniert {}|ich habe von {} geträumt|lohnt sich {}|"
    "woher hast du {}|das habe ich in {} schon gemacht|erzähl mir eine geschichte über {}|"
    "er wollte gestern {} einschalten|soll ich {} kaufen|{} kostet hundert euro|ich bin müde|"
    "mein bruder verkauft {}|kann {} brennen|man hat uns {} gestohlen|ein buch über {}|"
    "niemand benutzt {} noch|wie alt ist {} eigentlich",
    "fr": "mon {} est encore cassé|j'ai acheté {} hier|qui a inventé {}|j'adore {}|tu aimes {}|"
    "pourquoi {} est si cher|on a repeint {} l'été dernier|elle n'aimait pas {}|"
    "comment fonctionne {}|j'ai rêvé de {}|est-ce que {} vaut le prix|où as-tu acheté {}|"
    "je l'ai déjà fait dans {}|raconte-moi une histoire sur {}|il voulait allumer {} hier|"
    "je suis fatigué|mon frère vend {}|est-ce que {} peut brûler|on nous a volé {}|"
    "un livre sur {}|personne n'utilise {}|quel âge a {}",
    "zh": "我的{}又坏了|我昨天买了{}|谁发明了{}|我很喜欢{}|{}为什么这么贵|我们去年粉刷了{}|"
    "她一直不喜欢{}|{}是怎么工作的|我梦见了{}|{}值得买吗|你的{}在哪里买的|给我讲个{}的故事|"
    "他昨天说要打开{}|我该不该买{}|{}要一百块钱|我累了|我哥哥卖{}|{}会着火吗|我们的{}被偷了|"
    "一本关于{}的书|没人再用{}了|你觉得{}好看吗",
}
