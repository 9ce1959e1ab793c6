"""What rooms and devices are called, and what is said, bought and played, in four languages.

The templates leave these open, as every home has its own. `home_calls` cuts each list into values
for training, validation and test, so that a test can ask for words that training never had. Two are
not cut: floors, and the words that make something a room; which room it is, is cut.
"""

ENGLISH = {
    "area": "kitchen|living room|bedroom|bathroom|office|garage|hallway|basement|nursery|study|"
    "dining room|laundry room|attic|porch|library|playroom|pantry|patio|workshop|sauna|terrace|"
    "balcony|cellar|lounge|closet|gym|den|loft|room|hall",
    "which area": "guest|main|upper|music|wine|storage|sewing|kids|south|north|back|front|small|"
    "big|blue|green|old|new|summer|winter|garden|family|master|spare|grandma's|anna's|home|side|"
    "corner|tea|reading|game|cozy|hobby|rooftop|lower|west|east|painted|quiet",
    "floor": "ground|first|second|third|upper|lower|top|main|fourth|middle|fifth|bottom",
    "message": "dinner is ready|we leave in ten minutes|the pizza is here|time for bed|i am home|"
    "breakfast is on the table|the film starts now|grandma is here|the bus is coming|"
    "lunch is ready|school starts in an hour|the laundry is done|somebody is at the door|"
    "please be quiet|the cake is in the oven|bring an umbrella|we are out of milk|"
    "the taxi waits outside",
    "search_query": "abbey road|quiet piano|the four seasons|rain sounds|kind of blue|bach|mozart|"
    "morning news|fairy tales|summer hits|blue planet|nina simone|soft guitar|dance classics|"
    "carmen|movie scores|whale songs|swan lake|a love supreme|jazz classics|evening calm|"
    "miles davis",
    "shopping_list_item": "milk|eggs|bread|apples|two lemons|olive oil|coffee|rice|tomatoes|"
    "butter|oat milk|dish soap|batteries|onions|yogurt|green tea|flour|paper towels|carrots|"
    "cheese|cinnamon|a dozen oranges|shampoo|red lentils|smoked salmon|cat food|light bulbs",
    "todo_list_item": "call the dentist|water the plants|pay the rent|book the train|wash the car|"
    "buy a gift|mend the fence|sunscreen|passport|write to anna|clean the windows|"
    "return the books|order new glasses|candles|sort the photos|change the sheets|renew the visa|"
    "feed the rabbits",
    "zone": "work|school|gym|home|office|library|station|park|airport|harbor|stadium|clinic",
    "timer_name": "pasta|pizza|laundry|tea|bread|egg|homework|nap|workout|cake|rice|parking|oven|"
    "yoga|chicken|noodles|coffee|dough|roast|meditation|shower|dumplings",
    "timer_command": "turn off the lights|open the blinds|lock the front door|start the vacuum|"
    "play some jazz|close the garage door|turn on the fan|pause the music|turn the heating down|"
    "switch off the tv|open the curtains|turn on the porch light|dim the lamps|stop the sprinkler",
    "light": "ceiling light|desk lamp|floor lamp|fairy lights|reading light|spots|night light|"
    "wall lamp|string lights|salt lamp|chandelier|corner lamp|lava lamp|picture light|tripod lamp",
    "switch": "coffee maker|kettle|heated blanket|aquarium pump|christmas tree|toaster|fountain|"
    "bread machine|sound machine|slow cooker|plug|water pump|mosquito trap|egg cooker",
    "fan": "ceiling fan|tower fan|desk fan|box fan|turbo fan|exhaust fan|pedestal fan|air purifier",
    "cover": "left curtain|bay window blinds|awning|roller shutter|garage door|right curtain|"
    "roof blind|side gate|pergola cover|velvet curtain|skylight shade|east shutter",
    "valve": "garden valve|water main|sprinkler valve|bath valve|pool valve|gas valve|drip valve",
    "lock": "front door|back door|cellar door|garden gate|side entrance|shed door|balcony door|"
    "main gate|bike locker",
    "climate": "thermostat|air conditioner|floor heating|radiator|heat pump|towel heater|boiler|"
    "wall heater|cooling unit",
    "media_player": "tv|soundbar|big speaker|record player|projector|radio|stereo|jukebox|tablet|"
    "shower speaker|echo speaker|media box|cinema tv",
    "binary_sensor": "leak sensor|smoke alarm|motion sensor|phone|dishwasher|door sensor|laptop|"
    "window sensor|mailbox sensor|rain sensor",
    "sensor": "outdoor temperature|power meter|humidity sensor|rain gauge|air quality|water level|"
    "gas meter|noise level",
    "person": "anna|ben|maria|samir|yuki|oskar|paul|ingrid|fatima|george|lena|ravi|chloe|mateo",
    "weather": "berlin|new york|lisbon|tokyo|sydney|oslo|cairo|lima|helsinki|toronto|nairobi|rome",
    "todo": "packing|birthday|weekend|garden|reading|travel|homework|party|repair|camping|wedding",
    "vacuum": "rosie|robot vacuum|dusty|vacuum cleaner|roomba|hoover|sweepy|dust buster|crumbs",
    "lawn_mower": "lawn robot|grasshopper|mowbert|garden robot|robot mower|meadow bot|clipper",
    "scene": "movie night|good morning|romance|party|bright|sunset|candle dinner|deep focus|cozy",
    "script": "bedtime routine|leaving home|wake up routine|holiday mode|laundry day|lockdown|"
    "game evening|spring cleaning",
    "button": "doorbell chime|restart button|feeder button|panic button|reset key|coffee button",
    "input_boolean": "guest mode|vacation mode|quiet hours|party mode|sleep mode|pet mode|"
    "away mode",
}
GERMAN = {
    "area": "küche|wohnzimmer|schlafzimmer|badezimmer|büro|garage|flur|keller|kinderzimmer|bad|"
    "esszimmer|waschküche|dachboden|veranda|bibliothek|terrasse|werkstatt|diele|sauna|balkon|"
    "zimmer|raum|kammer|stube|wintergarten|treppenhaus",
    "which area": "gäste|haupt|ober|musik|wein|lager|näh|süd|nord|hinter|vorder|klein|groß|blau|"
    "grün|alt|neu|sommer|winter|garten|familien|eltern|oma|dach|eck|tee|lese|spiel|hobby|west|ost|"
    "ruhe|jagd|bügel|technik|turm",
    "floor": "erdgeschoss|obergeschoss|untergeschoss|dachgeschoss|ersten stock|zweiten stock|"
    "erste etage|zweite etage|kellergeschoss|dritten stock",
    "message": "das essen ist fertig|wir fahren in zehn minuten|die pizza ist da|oma ist da|"
    "ich bin zu hause|der film fängt an|der bus kommt|kommt bitte herunter|zeit fürs bett|"
    "das frühstück steht auf dem tisch|die wäsche ist trocken|das taxi wartet|wir brauchen milch|"
    "die schule beginnt gleich|seid bitte leise|jemand ist an der tür",
    "search_query": "leises klavier|die vier jahreszeiten|regen|kind of blue|bach|mozart|carmen|"
    "die nachrichten|märchen|sommerhits|nina simone|gitarre|walzer|filmmusik|schwanensee|"
    "die zauberflöte|abbey road|kinderlieder|jazz|helene fischer|die drei fragezeichen",
    "shopping_list_item": "milch|eier|brot|äpfel|zwei zitronen|olivenöl|kaffee|reis|tomaten|"
    "butter|hafermilch|spülmittel|batterien|zwiebeln|joghurt|grünen tee|mehl|möhren|käse|zimt|"
    "shampoo|rote linsen|katzenfutter|ein dutzend orangen|quark|sauerkraut",
    "todo_list_item": "zahnarzt anrufen|pflanzen gießen|miete zahlen|bahn buchen|auto waschen|"
    "geschenk kaufen|zaun reparieren|sonnencreme|reisepass|fenster putzen|bücher zurückgeben|"
    "kerzen|fotos sortieren|betten beziehen|steuern machen|kaninchen füttern",
    "zone": "arbeit|schule|fitnessstudio|zuhause|büro|bibliothek|bahnhof|park|flughafen|hafen|"
    "klinik",
    "timer_name": "nudel|pizza|wäsche|tee|brot|eier|hausaufgaben|sport|kuchen|reis|ofen|yoga|"
    "braten|kartoffel|kaffee|teig|meditations",
    "timer_command": "licht ausschalten|rollladen öffnen|haustür abschließen|staubsauger starten|"
    "jazz spielen|garage schließen|ventilator einschalten|musik anhalten|heizung herunterdrehen|"
    "fernseher ausschalten|vorhang öffnen|lampen dimmen",
    "light": "deckenlampe|schreibtischlampe|stehlampe|lichterkette|leselampe|strahler|nachtlicht|"
    "wandlampe|salzlampe|kronleuchter|lavalampe|spiegellicht|ecklampe",
    "switch": "kaffeemaschine|wasserkocher|heizdecke|aquariumpumpe|weihnachtsbaum|toaster|brunnen|"
    "brotbackautomat|steckdosenleiste|wasserpumpe|eierkocher",
    "fan": "deckenventilator|turmventilator|tischventilator|standventilator|luftreiniger|abluft",
    "cover": "linker vorhang|markise|rollladen|garagentor|rechter vorhang|dachrollo|seitentor|"
    "samtvorhang|jalousie|plissee",
    "valve": "gartenventil|hauptwasserhahn|sprengerventil|badventil|poolventil|gasventil",
    "lock": "haustür|hintertür|kellertür|gartentor|nebeneingang|schuppentür|balkontür|haupttor",
    "climate": "thermostat|klimaanlage|fußbodenheizung|heizkörper|wärmepumpe|boiler|wandheizung",
    "media_player": "fernseher|soundbar|lautsprecher|plattenspieler|beamer|radio|stereoanlage|"
    "duschradio|heimkino|mediabox",
    "binary_sensor": "wassermelder|rauchmelder|bewegungsmelder|handy|spülmaschine|türsensor|"
    "laptop|fenstersensor|regenmelder",
    "sensor": "außentemperatur|stromzähler|feuchtesensor|regenmesser|luftqualität|wasserstand",
    "person": "anna|ben|maria|samir|yuki|oskar|paul|ingrid|fatima|georg|lena|jürgen|chloe|matthias",
    "weather": "berlin|new york|lissabon|tokio|sydney|oslo|kairo|lima|helsinki|wien|zürich|rom",
    "todo": "pack|geburtstags|wochenend|garten|lese|reise|party|reparatur|hochzeits|umzugs",
    "vacuum": "rosi|saugroboter|staubi|staubsauger|roomba|putzteufel|krümel|wischbert",
    "lawn_mower": "rasenroboter|grashüpfer|mähbert|gartenroboter|mähroboter|wiesenfreund",
    "scene": "filmabend|guten morgen|romantik|party|hell|sonnenuntergang|kerzenschein|gemütlich",
    "script": "gute nacht|haus verlassen|aufwachen|urlaubsmodus|waschtag|spieleabend|frühjahrsputz",
    "button": "türgong|neustarttaste|futterknopf|notfallknopf|kaffeetaste",
    "input_boolean": "gästemodus|urlaubsmodus|ruhezeit|partymodus|schlafmodus|tiermodus",
}
FRENCH = {
    "area": "cuisine|salon|chambre|salle de bain|bureau|garage|couloir|sous-sol|salle à manger|"
    "buanderie|grenier|véranda|bibliothèque|cellier|terrasse|atelier|entrée|cave|dressing|sauna|"
    "balcon|débarras|séjour|salle|pièce|mezzanine",
    "which area": "d'amis|principale|d'enfant|de musique|de jeux|de sport|du haut|du bas|nord|sud|"
    "est|ouest|bleue|verte|jaune|ancienne|d'été|d'hiver|parentale|de mamie|d'anna|du fond|"
    "de devant|de lecture|à vin|de couture|du jardin|de thé|d'angle|du voisin|blanche|tranquille",
    "floor": "rez-de-chaussée|premier étage|deuxième étage|troisième étage|dernier étage|"
    "étage supérieur|quatrième étage|niveau inférieur",
    "message": "le dîner est prêt|nous partons dans dix minutes|la pizza est là|mamie est arrivée|"
    "je suis rentré|le film commence|le bus arrive|venez en bas|au lit les enfants|le taxi attend|"
    "le petit déjeuner est servi|la lessive est finie|il n'y a plus de lait|l'école commence",
    "search_query": "piano calme|les quatre saisons|bruit de pluie|kind of blue|bach|mozart|"
    "carmen|les informations|contes de fées|tubes de l'été|nina simone|guitare douce|"
    "musique de film|le lac des cygnes|édith piaf|abbey road|berceuses|jazz|daft punk|la bohème",
    "shopping_list_item": "lait|œufs|pain|pommes|deux citrons|huile d'olive|café|riz|tomates|"
    "beurre|lait d'avoine|liquide vaisselle|piles|oignons|yaourts|thé vert|farine|carottes|"
    "fromage|cannelle|lentilles|shampooing|douze oranges|croquettes|moutarde",
    "todo_list_item": "appeler le dentiste|arroser les plantes|payer le loyer|réserver le train|"
    "laver la voiture|acheter un cadeau|réparer la clôture|crème solaire|passeport|"
    "laver les vitres|rendre les livres|bougies|trier les photos|changer les draps|"
    "nourrir les lapins",
    "zone": "travail|école|gymnase|maison|bureau|bibliothèque|gare|parc|aéroport|port|clinique",
    "timer_name": "pâtes|pizza|lessive|thé|pain|œufs|devoirs|sieste|sport|gâteau|riz|four|yoga|"
    "rôti|café|pâte|méditation",
    "timer_command": "éteins les lumières|ouvre les volets|verrouille la porte|lance l'aspirateur|"
    "mets du jazz|ferme le garage|allume le ventilateur|arrête la musique|baisse le chauffage|"
    "éteins la télé|ouvre les rideaux|tamise les lampes",
    "light": "plafonnier|lampe de bureau|lampadaire|guirlande|liseuse|spots|veilleuse|applique|"
    "lampe de sel|lustre|lampe à lave|lampe d'angle|lampe trépied",
    "switch": "cafetière|bouilloire|couverture chauffante|pompe d'aquarium|sapin de noël|fontaine|"
    "grille-pain|machine à pain|multiprise|pompe à eau|cuiseur à œufs",
    "fan": "ventilateur de plafond|ventilateur colonne|petit ventilateur|purificateur d'air|"
    "ventilateur sur pied|extracteur d'air",
    "cover": "rideau gauche|store banne|volet roulant|porte de garage|rideau droit|store du toit|"
    "portillon|rideau de velours|persienne|volet est",
    "valve": "vanne du jardin|arrivée d'eau|vanne d'arrosage|vanne du bain|vanne de gaz|robinet",
    "lock": "porte d'entrée|porte arrière|porte de la cave|portail du jardin|entrée latérale|"
    "porte du cabanon|porte du balcon|grand portail",
    "climate": "thermostat|climatiseur|chauffage au sol|radiateur|pompe à chaleur|chaudière|poêle",
    "media_player": "télé|barre de son|enceinte|platine|projecteur|radio|chaîne hifi|jukebox|"
    "enceinte de douche|tablette",
    "binary_sensor": "capteur de fuite|détecteur de fumée|détecteur de mouvement|téléphone|"
    "lave-vaisselle|capteur de porte|ordinateur|capteur de pluie",
    "sensor": "température extérieure|compteur électrique|capteur d'humidité|pluviomètre|"
    "qualité de l'air|niveau d'eau",
    "person": "anna|ben|maria|samir|yuki|oscar|paul|ingrid|fatima|georges|léna|chloé|mathieu|inès",
    "weather": "paris|new york|lisbonne|tokyo|sydney|oslo|le caire|lima|genève|bruxelles|montréal",
    "todo": "bagages|anniversaire|week-end|jardin|lecture|voyage|fête|réparations|mariage|camping",
    "vacuum": "rosie|robot aspirateur|dusty|aspirateur|roomba|miette|balayette|tornade",
    "lawn_mower": "robot tondeuse|sauterelle|tondeuse|robot de jardin|tonton pelouse|herbette",
    "scene": "soirée cinéma|bonjour|romance|fête|lumineux|coucher de soleil|dîner aux chandelles",
    "script": "routine du soir|départ de la maison|routine du matin|mode vacances|jour de lessive",
    "button": "carillon|bouton de redémarrage|bouton du distributeur|bouton d'alarme",
    "input_boolean": "mode invité|mode vacances|heures calmes|mode fête|mode nuit|mode absence",
}
CHINESE = {
    "area": "厨房|客厅|卧室|浴室|书房|车库|走廊|地下室|餐厅|洗衣房|阁楼|门廊|储藏室|露台|工作间|"
    "阳台|玄关|衣帽间|卫生间|健身房|茶室|酒窖|花园|办公室|房间|大厅",
    "which area": "主|次|客用|儿童|老人|音乐|东|西|南|北|大|小|蓝色|绿色|旧|新|夏天|冬天|家庭|"
    "爷爷的|奶奶的|小明的|楼上|楼下|后|前|转角|阅读|游戏|爱好|屋顶|安静|缝纫|会客",
    "floor": "一|二|三|四|五|六|顶|底",
    "message": "晚饭好了|十分钟后出发|披萨到了|该睡觉了|我回来了|早饭在桌上|电影开始了|奶奶来了|"
    "公交车来了|衣服洗好了|有人敲门|请安静一点|出租车在外面|牛奶喝完了",
    "search_query": "月光奏鸣曲|四季|雨声|巴赫|莫扎特|新闻|童话|夏日金曲|邓丽君|吉他曲|卡门|"
    "电影配乐",
    "shopping_list_item": "牛奶|鸡蛋|面包|苹果|两个柠檬|橄榄油|咖啡|大米|西红柿|黄油|豆浆|洗洁精|"
    "电池|洋葱|酸奶|绿茶|面粉|纸巾|胡萝卜|奶酪|酱油|猫粮|洗发水|红薯|豆腐|饺子皮",
    "todo_list_item": "给牙医打电话|浇花|交房租|订火车票|洗车|买礼物|修篱笆|防晒霜|护照|擦窗户|"
    "还书|蜡烛|整理照片|换床单|报税|喂兔子|写信",
    "zone": "公司|学校|健身房|家|办公室|图书馆|车站|公园|机场|医院|港口",
    "timer_name": "面条|披萨|洗衣|泡茶|面包|鸡蛋|作业|午睡|运动|蛋糕|米饭|停车|烤箱|瑜伽|炖汤|"
    "蒸鱼|饺子",
    "timer_command": "关灯|打开窗帘|锁上前门|启动扫地机|播放爵士乐|关上车库门|打开风扇|暂停音乐|"
    "调低暖气|关掉电视|打开门廊灯|关闭水泵",
    "light": "吸顶灯|台灯|落地灯|彩灯|阅读灯|射灯|小夜灯|壁灯|盐灯|吊灯|镜前灯|灯带|床头灯|水晶灯",
    "switch": "咖啡机|电水壶|电热毯|鱼缸水泵|圣诞树|烤面包机|喷泉|面包机|排插|水泵|煮蛋器|饮水机",
    "fan": "吊顶风扇|塔扇|台式风扇|排气扇|落地扇|空气净化器|循环扇|小风扇",
    "cover": "左窗帘|遮阳篷|卷帘|车库门|右窗帘|天窗帘|侧门帘|纱帘|百叶窗|投影幕",
    "valve": "花园阀门|总水阀|喷头阀门|浴缸阀门|燃气阀|泳池阀门|滴灌阀",
    "lock": "前门|后门|地窖门|花园门|侧门|棚屋门|阳台门|大门",
    "climate": "恒温器|中央空调|地暖|暖气片|热泵|锅炉|壁挂炉|柜式空调",
    "media_player": "电视|回音壁|音箱|唱片机|投影仪|收音机|音响|点唱机|小爱音箱|平板",
    "binary_sensor": "漏水传感器|烟雾报警器|人体传感器|手机|洗碗机|门磁|笔记本电脑|雨水传感器",
    "sensor": "室外温度|电表|湿度传感器|雨量计|空气质量|水位|燃气表",
    "person": "小明|小红|王芳|李强|张伟|阿姨|妈妈|爸爸|奶奶|陈静|刘洋|赵敏|爷爷",
    "weather": "北京|上海|纽约|东京|悉尼|广州|深圳|伦敦|巴黎|成都|杭州|罗马",
    "todo": "行李清单|生日清单|周末清单|花园清单|阅读清单|旅行清单|聚会清单|维修清单|婚礼清单|"
    "露营清单",
    "vacuum": "小洁|扫地机|吸尘器|小尘|拖地机|小旋风|扫地宝|净净",
    "lawn_mower": "割草机|草坪机器人|蚱蜢|小绿|花园机器人|剪草宝",
    "scene": "电影之夜|早安|浪漫|聚会|明亮|日落|烛光晚餐|专注|温馨",
    "script": "睡前程序|离家|起床程序|假期模式|洗衣日|游戏之夜|大扫除",
    "button": "门铃|重启按钮|喂食按钮|紧急按钮|咖啡按钮",
    "input_boolean": "访客模式|度假模式|安静时段|聚会模式|睡眠模式|宠物模式",
}
WORDS = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "zh": CHINESE}
